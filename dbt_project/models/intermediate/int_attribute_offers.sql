-- One row per SKU × attribute × file version × bucket that gives a value: from when until when, and its place in line.
with sku_values as (

    select * from {{ ref('int_sku_values') }}

),

corrections as (

    select * from {{ ref('stg_attribute_corrections') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

ends as (

    select * from {{ ref('stg_bucket_ends') }}

),

producers as (
    {{ run_producers() }}

),

-- Whole numbers in the order of producers and of their files: far cheaper to sort by than names and times.
versions as (

    select
        spans.file_version_id,
        spans.producer,
        dense_rank() over (order by producers.place nulls last, spans.producer) as producer_place,
        row_number() over (order by spans.known_from, spans.file_version_id) as version_place,
        spans.known_from as arrived_at,
        spans.superseded_from
    from spans
    left join producers on spans.producer = producers.producer

),

-- What was sold in a bucket counts for the cycle after it and not before, whenever its file arrived.
delivered as (

    select
        sku_values.*,
        case
            when ends.known_at > versions.arrived_at then ends.known_at
            else versions.arrived_at
        end as known_from
    from sku_values
    inner join versions on sku_values.file_version_id = versions.file_version_id
    left join ends on sku_values.bucket_start = ends.bucket_start
    where sku_values.bucket_start is null or ends.bucket_start is not null

),

last_corrections as (

    select
        *,
        row_number() over (partition by file_version_id, sku, attribute order by row_number desc) as place
    from corrections

),

offers as (
    {% for attribute in var('attributes') %}
    select
        sku,
        '{{ attribute.name }}' as attribute,
        {% if attribute.kind == 'multi' -%}
        cast(null as {{ dbt.type_string() }}) as given,
        {{ adapter.quote(attribute.name) }} as labels,
        {%- else -%}
        {{ adapter.quote(attribute.name) }} as given,
        cast(null as {{ labels_type() }}) as labels,
        {%- endif %}
        false as corrected,
        file_version_id,
        bucket_start,
        known_from
    from delivered
    where {{ adapter.quote(attribute.name) }} is not null
    union all
    {%- endfor %}
    select
        sku,
        attribute,
        given,
        labels,
        true as corrected,
        last_corrections.file_version_id,
        cast(null as date) as bucket_start,
        versions.arrived_at as known_from
    from last_corrections
    inner join versions on last_corrections.file_version_id = versions.file_version_id
    where place = 1

)

select
    offers.*,
    versions.producer,
    versions.producer_place,
    versions.superseded_from as known_until,
    row_number() over (
        partition by offers.sku, offers.attribute, offers.corrected, versions.producer_place
        order by versions.version_place, offers.bucket_start nulls first
    ) as place
from offers
inner join versions on offers.file_version_id = versions.file_version_id
where versions.superseded_from is null or versions.superseded_from > offers.known_from
