with ends as (

    select * from {{ source('lake', 'bucket_ends') }}

)

select
    bucket_start,
    known_at
from ends
