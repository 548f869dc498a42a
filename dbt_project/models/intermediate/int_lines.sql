-- One row per accepted row of the window, with what it adds to its series: units and money as exact decimals.
with transactions as (

    select * from {{ ref('stg_transactions') }}

),

promoted as (

    select * from {{ ref('int_promoted_sales') }}

),

lines as (

    select
        transactions.file_version_id,
        transactions.row_number,
        transactions.sold_on,
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

)

select * from lines
