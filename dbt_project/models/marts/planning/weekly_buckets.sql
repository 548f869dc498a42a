{{ config(tags=['bucket'], partition_column='bucket_start') }}

with contributions as (

    select * from {{ ref('int_contributions') }}

),

restatements as (

    select * from {{ ref('int_restatements') }}

),

superseded as (

    select * from {{ ref('int_superseded') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

events as (

    select contributions.*, 'landed' as event, spans.known_from
    from contributions
    inner join spans on contributions.file_version_id = spans.file_version_id
    union all
    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        quantity,
        revenue,
        transactions,
        promoted_quantity,
        event,
        known_from
    from restatements
    union all
    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        quantity,
        revenue,
        transactions,
        promoted_quantity,
        'superseded' as event,
        known_from
    from superseded

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
