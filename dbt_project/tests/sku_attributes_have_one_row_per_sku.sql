-- The grain: cycle × SKU.
select cycle, sku
from {{ ref('sku_attributes') }}
group by cycle, sku
having count(*) > 1
