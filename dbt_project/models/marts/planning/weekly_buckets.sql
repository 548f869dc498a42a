{{ config(tags=['bucket'], partition_column='bucket_start') }}

with contributions as (

    select * from {{ ref('int_contributions') }}

),

restatements as (

    select * from {{ ref('int_restatements') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

-- What was added until a version is superseded, if ever, and what other files had taken back of it by then.
standing as (

    select
        contributions.series_id,
        contributions.sku,
        contributions.location,
        contributions.bucket_start,
        contributions.file_version_id,
        'landed' as event,
        spans.known_from,
        contributions.quantity,
        contributions.revenue,
        contributions.transactions,
        contributions.promoted_quantity
    from contributions
    inner join spans on contributions.file_version_id = spans.file_version_id
    union all
    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        event,
        known_from,
        quantity,
        revenue,
        transactions,
        promoted_quantity
    from restatements

),

superseded as (

    select
        standing.series_id,
        standing.sku,
        standing.location,
        standing.bucket_start,
        standing.file_version_id,
        'superseded' as event,
        spans.superseded_from as known_from,
        -sum(standing.quantity) as quantity,
        -sum(standing.revenue) as revenue,
        -sum(standing.transactions) as transactions,
        -sum(standing.promoted_quantity) as promoted_quantity
    from standing
    inner join spans on standing.file_version_id = spans.file_version_id
    where spans.superseded_from is not null
    group by
        standing.series_id,
        standing.sku,
        standing.location,
        standing.bucket_start,
        standing.file_version_id,
        spans.superseded_from
    having sum(standing.transactions) <> 0

),

events as (

    select * from standing
    union all
    select * from superseded

),

typed as (

    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        event,
        known_from,
        cast(quantity as double) as quantity,
        cast(revenue as double) as revenue,
        cast(transactions as bigint) as transactions,
        cast(promoted_quantity as double) as promoted_quantity
    from events

)

select * from typed
