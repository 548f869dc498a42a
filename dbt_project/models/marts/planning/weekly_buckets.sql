{{ config(tags=['bucket'], partition_column='bucket_start') }}

with contributions as (

    select * from {{ ref('int_contributions') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

landed as (

    select
        contributions.*,
        'landed' as event,
        spans.known_from,
        1 as sign
    from contributions
    inner join spans on contributions.file_version_id = spans.file_version_id

),

superseded as (

    select
        contributions.*,
        'superseded' as event,
        spans.superseded_from as known_from,
        -1 as sign
    from contributions
    inner join spans on contributions.file_version_id = spans.file_version_id
    where spans.superseded_from is not null

),

events as (

    select * from landed
    union all
    select * from superseded

),

signed as (

    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        event,
        known_from,
        cast(sign * quantity as double) as quantity,
        cast(sign * revenue as double) as revenue,
        cast(sign * transactions as bigint) as transactions,
        cast(sign * promoted_quantity as double) as promoted_quantity
    from events

)

select * from signed
