with spans as (

    select * from {{ source('lake', 'version_spans') }}

)

select
    file_version_id,
    producer,
    feed,
    known_from,
    superseded_from
from spans
