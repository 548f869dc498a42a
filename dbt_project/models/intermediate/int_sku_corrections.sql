-- One row per cycle × SKU × attribute that planners corrected: the correction that holds.
with corrections as (

    select * from {{ ref('stg_attribute_corrections') }}

),

known as (

    select * from {{ ref('int_known_versions') }}

),

ranked as (

    select
        known.cycle,
        corrections.sku,
        corrections.attribute,
        corrections.given,
        corrections.labels,
        known.producer,
        corrections.file_version_id,
        row_number() over (
            partition by known.cycle, corrections.sku, corrections.attribute
            order by known.version_rank, corrections.row_number desc
        ) as place
    from corrections
    inner join known on corrections.file_version_id = known.file_version_id

)

select * from ranked where place = 1
