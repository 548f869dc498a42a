{{ config(tags=['cycle'], partition_column='cycle') }}

with offers as (

    select * from {{ ref('int_sku_offers') }}

),

corrections as (

    select * from {{ ref('int_sku_corrections') }}

),

listed as (
    {% for name in attribute_names('single') %}
    select
        cycle,
        sku,
        '{{ name }}' as attribute,
        producer,
        {{ adapter.quote(name) }} as given,
        {{ adapter.quote(name ~ '__version') }} as file_version_id,
        {{ adapter.quote(name ~ '__place') }} as place
    from offers
    where {{ adapter.quote(name) }} is not null
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cycle,
        sku,
        producer as attribute,
        producer,
        producer as given,
        producer as file_version_id,
        cast(null as bigint) as place
    from offers
    where false
    {%- endfor %}

),

compared as (

    select
        *,
        min(given) over (partition by cycle, sku, attribute) as lowest,
        max(given) over (partition by cycle, sku, attribute) as highest,
        min(place) over (partition by cycle, sku, attribute) as first_place
    from listed

),

conflicts as (

    select
        compared.cycle,
        compared.sku,
        compared.attribute,
        compared.producer,
        compared.given as {{ adapter.quote('value') }},
        compared.file_version_id,
        compared.place = compared.first_place and corrections.sku is null as wins
    from compared
    left join corrections
        on compared.cycle = corrections.cycle
        and compared.sku = corrections.sku
        and compared.attribute = corrections.attribute
    where compared.lowest <> compared.highest

)

select * from conflicts
