with products as (

    select * from {{ source('lake', 'product_master') }}

)

select {{ select_columns(product_columns()) }} from products
