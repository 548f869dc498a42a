{{ config(tags=['bucket'], partition_column='bucket_start') }}

with transactions as (

    select * from {{ ref('stg_transactions') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

withdrawn as (

    select * from {{ ref('int_withdrawn_parts') }}

),

current_rows as (

    select
        transactions.bucket_start,
        {% for column in transaction_columns() -%}
        transactions.{{ adapter.quote(column.name) }}{{ ',' if not loop.last }}
        {% endfor %}
    from transactions
    inner join spans on transactions.file_version_id = spans.file_version_id
    where spans.superseded_from is null and {{ in_window('transactions.bucket_start') }}
        and {{ still_stands('transactions') }}

)

select * from current_rows
