-- An attribute with a value has a source, one without has none unless a correction left it empty, and a SKU has attributes
-- exactly if one of them has a value.
select attributes.cycle, attributes.sku
from {{ ref('sku_attributes') }} as attributes
where attributes.has_attributes <> (
    false
    {%- for attribute in var('attributes') %}
    or attributes.{{ adapter.quote(attribute.name) }} is not null
    {%- endfor %}
)
{%- for attribute in var('attributes') %}
{%- set value = 'attributes.' ~ adapter.quote(attribute.name) %}
{%- set from_whom = 'attributes.' ~ adapter.quote(attribute.name ~ '_source') %}
or ({{ value }} is not null and {{ from_whom }} is null)
or (
    {{ value }} is null
    and {{ from_whom }} is not null
    and {{ from_whom }} not in (
        select producer || '/' || file_version_id from {{ source('lake', 'attribute_corrections') }}
    )
)
{%- endfor %}
