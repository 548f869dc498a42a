with transactions as (

    select * from {{ source('lake', 'unified_transactions') }}

),

dated as (

    select
        {{ select_columns(transaction_columns()) }},
        {{ bucket_start('sold_on') }} as bucket_start
    from transactions
    where {{ in_slice('sold_on') }}

)

select * from dated
