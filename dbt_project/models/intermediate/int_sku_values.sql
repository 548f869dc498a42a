-- One row per SKU × file version × bucket (product masters have no bucket): the last value each attribute has there.
-- Runs of cycles build three marts of it, so they keep it: the transactions are read once.
{{ config(materialized='table' if var('cycles') else 'ephemeral') }}

with transactions as (

    select * from {{ ref('stg_transactions') }}

),

products as (

    select * from {{ ref('stg_products') }}

),

lines as (

    select
        {% for attribute in var('attributes') %}{{ adapter.quote(attribute.name) }}, {% endfor -%}
        sku, file_version_id, bucket_start, row_number
    from transactions
    union all
    select
        {% for attribute in var('attributes') %}{{ adapter.quote(attribute.name) }}, {% endfor -%}
        sku, file_version_id, cast(null as date) as bucket_start, row_number
    from products

),

last_values as (

    select
        {%- for name in attribute_names('single') %}
        {%- set value = adapter.quote(name) %}
        max_by({{ value }}, row_number) filter (where {{ value }} is not null) as {{ value }},
        {%- endfor %}
        {%- for name in attribute_names('multi') %}
        {{ union_labels(adapter.quote(name)) }} as {{ adapter.quote(name) }},
        {%- endfor %}
        sku,
        file_version_id,
        bucket_start
    from lines
    group by sku, file_version_id, bucket_start

)

select * from last_values
