-- One row per line, or business date without a row_number, of a file version that other files have taken back for now.
with restatements as (

    select * from {{ ref('stg_restatements') }}

),

withdrawn as (

    select file_version_id, row_number, sold_on
    from restatements
    group by file_version_id, row_number, sold_on
    having sum(sign) < 0

)

select * from withdrawn
