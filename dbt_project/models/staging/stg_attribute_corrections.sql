with corrections as (

    select * from {{ source('lake', 'attribute_corrections') }}

)

select
    file_version_id,
    row_number,
    sku,
    attribute,
    {{ adapter.quote('value') }} as given,
    labels
from corrections
