with promotions as (

    select * from {{ source('lake', 'promotions') }}

)

select
    file_version_id,
    sku,
    starts_on,
    ends_on
from promotions
where level is null
