-- An attribute has a source exactly if it has a value, and a SKU has attributes exactly if one of them has a value.
select cycle, sku
from {{ ref('sku_attributes') }}
where has_attributes <> (
    false
    {%- for attribute in var('attributes') %}
    or {{ adapter.quote(attribute.name ~ '_source') }} is not null
    {%- endfor %}
)
{%- for attribute in var('attributes') %}
or ({{ adapter.quote(attribute.name) }} is null) <> ({{ adapter.quote(attribute.name ~ '_source') }} is null)
{%- endfor %}
