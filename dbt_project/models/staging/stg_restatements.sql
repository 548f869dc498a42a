with restatements as (

    select * from {{ source('lake', 'restatements') }}

)

select
    file_version_id,
    row_number,
    sold_on,
    event,
    known_from,
    sign
from restatements
