-- One row per series × bucket × file version × event × moment: what other files then take from a version, or give back.
with lines as (

    select * from {{ ref('int_lines') }}

),

restatements as (

    select * from {{ ref('stg_restatements') }}

),

restated_lines as (

    select lines.*, restatements.event, restatements.known_from, restatements.sign
    from lines
    inner join restatements
        on lines.file_version_id = restatements.file_version_id
        and lines.row_number = restatements.row_number
    union all
    select lines.*, restatements.event, restatements.known_from, restatements.sign
    from lines
    inner join restatements
        on lines.file_version_id = restatements.file_version_id
        and lines.sold_on = restatements.sold_on
    where restatements.row_number is null

),

summed as (

    select
        {{ series_id() }} as series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        event,
        known_from,
        sum(case when sign > 0 then quantity else -quantity end) as quantity,
        sum(case when sign > 0 then revenue else -revenue end) as revenue,
        sum(sign) as transactions,
        sum(case when sign > 0 then promoted_quantity else -promoted_quantity end) as promoted_quantity
    from restated_lines
    group by sku, location, bucket_start, file_version_id, event, known_from

)

select * from summed
