{{ config(tags=['cycle'], partition_column='cycle') }}
{%- set singles = attribute_names('single') -%}
{%- set disagreements = [] -%}
{%- for name in singles | sort -%}
    {%- do disagreements.append("case when " ~ adapter.quote(name ~ '__values') ~ " > 1 then '" ~ name ~ "' end") -%}
{%- endfor %}

with offers as (

    select * from {{ ref('int_sku_offers') }}

),

corrections as (

    select * from {{ ref('int_sku_corrections') }}

),

inherited as (

    select
        cycle,
        sku
        {%- for attribute in var('attributes') %}
        {%- set value = adapter.quote(attribute.name) %}
        {%- set place = adapter.quote(attribute.name ~ '__place') %},
        {% if attribute.kind == 'multi' -%}
        {{ union_labels(value) }} as {{ value }},
        {%- else -%}
        min_by({{ value }}, {{ place }}) filter (where {{ place }} is not null) as {{ value }},
        count(distinct {{ value }}) as {{ adapter.quote(attribute.name ~ '__values') }},
        {%- endif %}
        min_by(producer || '/' || {{ adapter.quote(attribute.name ~ '__version') }}, {{ place }})
            filter (where {{ place }} is not null) as {{ adapter.quote(attribute.name ~ '_source') }}
        {%- endfor %}
    from offers
    group by cycle, sku

),

corrected as (

    select
        cycle,
        sku
        {%- for attribute in var('attributes') %},
        min_by({{ 'labels' if attribute.kind == 'multi' else 'given' }}, place)
            filter (where attribute = '{{ attribute.name }}') as {{ adapter.quote(attribute.name) }},
        min_by(producer || '/' || file_version_id, place)
            filter (where attribute = '{{ attribute.name }}') as {{ adapter.quote(attribute.name ~ '_source') }}
        {%- endfor %}
    from corrections
    group by cycle, sku

),

decided as (

    select
        inherited.cycle,
        inherited.sku,
        {%- for attribute in var('attributes') %}
        {%- set value = adapter.quote(attribute.name) %}
        {%- set source = adapter.quote(attribute.name ~ '_source') %}
        case when corrected.{{ source }} is null then inherited.{{ value }} else corrected.{{ value }} end as {{ value }},
        coalesce(corrected.{{ source }}, inherited.{{ source }}) as {{ source }},
        {%- endfor %}
        {{ labels_present(disagreements) }} as conflicts
    from inherited
    left join corrected on inherited.cycle = corrected.cycle and inherited.sku = corrected.sku

),

described as (

    select
        cycle,
        sku,
        {%- for attribute in var('attributes') %}
        {{ adapter.quote(attribute.name) }},
        {%- endfor %}
        {%- for attribute in var('attributes') %}
        {{ adapter.quote(attribute.name ~ '_source') }},
        {%- endfor %}
        conflicts,
        (
            false
            {%- for attribute in var('attributes') %}
            or {{ adapter.quote(attribute.name) }} is not null
            {%- endfor %}
        ) as has_attributes
    from decided

)

select * from described
