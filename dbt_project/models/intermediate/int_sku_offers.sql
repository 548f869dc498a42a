-- One row per cycle × SKU × producer: the newest value the producer gives to each attribute, and its place in line.
with sku_values as (

    select * from {{ ref('int_sku_values') }}

),

known as (

    select * from {{ ref('int_known_versions') }}

),

-- A lower place comes first: the version's rank, and within one version the later bucket.
candidates as (

    select
        sku_values.*,
        known.cycle,
        known.producer,
        known.version_rank * 10000000 - coalesce({{ days_since_first('sku_values.bucket_start') }}, 0) as place
    from sku_values
    inner join known on sku_values.file_version_id = known.file_version_id
    where sku_values.bucket_start is null or sku_values.bucket_start < known.cycle

),

offers as (

    select
        cycle,
        sku,
        producer
        {%- for attribute in var('attributes') %}
        {%- set value = adapter.quote(attribute.name) %},
        {% if attribute.kind == 'multi' -%}
        {{ union_labels(value) }} as {{ value }},
        {%- else -%}
        min_by({{ value }}, place) filter (where {{ value }} is not null) as {{ value }},
        {%- endif %}
        min(place) filter (where {{ value }} is not null) as {{ adapter.quote(attribute.name ~ '__place') }},
        min_by(file_version_id, place) filter (where {{ value }} is not null) as
            {{ adapter.quote(attribute.name ~ '__version') }}
        {%- endfor %}
    from candidates
    group by cycle, sku, producer

)

select * from offers
