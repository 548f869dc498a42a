-- One row per series × bucket × file version: what the version's rows add up to.
with lines as (

    select * from {{ ref('int_lines') }}

),

contributions as (

    select
        {{ series_id() }} as series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        sum(quantity) as quantity,
        sum(revenue) as revenue,
        count(*) as transactions,
        sum(promoted_quantity) as promoted_quantity
    from lines
    group by sku, location, bucket_start, file_version_id

)

select * from contributions
