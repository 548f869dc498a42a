-- One row per series × bucket × file version: what the version's rows add up to.
with transactions as (

    select * from {{ ref('stg_transactions') }}

),

promoted as (

    select * from {{ ref('int_promoted_sales') }}

),

lines as (

    select
        transactions.file_version_id,
        transactions.bucket_start,
        transactions.sku,
        {% if 'location' in var('series_key') -%}
        coalesce(transactions.location, '') as location,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as location,
        {%- endif %}
        {{ exact('transactions.quantity') }} as quantity,
        {{ exact('coalesce(transactions.revenue, 0)') }} as revenue,
        case
            when promoted.sku is null then {{ exact('0') }}
            else {{ exact('transactions.quantity') }}
        end as promoted_quantity
    from transactions
    left join promoted
        on transactions.sku = promoted.sku
        and transactions.sold_on = promoted.sold_on
        and transactions.file_version_id = promoted.file_version_id
    where {{ in_window('transactions.bucket_start') }}

),

contributions as (

    select
        {{ series_id() }} as series_id,
        sku,
        location,
        bucket_start,
        file_version_id,
        sum(quantity) as quantity,
        sum(revenue) as revenue,
        count(*) as transactions,
        sum(promoted_quantity) as promoted_quantity
    from lines
    group by sku, location, bucket_start, file_version_id

)

select * from contributions
