-- One row per series × bucket × superseded version: what it takes back, which is what other files had left of it.
with lines as (

    select * from {{ ref('int_lines') }}

),

restatements as (

    select * from {{ ref('int_restatements') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

-- Lines rather than contributions: so few versions are superseded that reading theirs again costs less than keeping the
-- sums of all.
standing as (

    select
        {{ series_id() }} as series_id,
        lines.sku,
        lines.location,
        lines.bucket_start,
        lines.file_version_id,
        spans.superseded_from as known_from,
        lines.quantity,
        lines.revenue,
        1 as transactions,
        lines.promoted_quantity
    from lines
    inner join spans on lines.file_version_id = spans.file_version_id
    where spans.superseded_from is not null
    union all
    select
        restatements.series_id,
        restatements.sku,
        restatements.location,
        restatements.bucket_start,
        restatements.file_version_id,
        spans.superseded_from as known_from,
        restatements.quantity,
        restatements.revenue,
        restatements.transactions,
        restatements.promoted_quantity
    from restatements
    inner join spans on restatements.file_version_id = spans.file_version_id
    where spans.superseded_from is not null

),

summed as (

    select
        series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        known_from,
        -sum(quantity) as quantity,
        -sum(revenue) as revenue,
        -sum(transactions) as transactions,
        -sum(promoted_quantity) as promoted_quantity
    from standing
    group by series_id, sku, location, bucket_start, file_version_id, known_from
    having sum(transactions) <> 0

)

select * from summed
