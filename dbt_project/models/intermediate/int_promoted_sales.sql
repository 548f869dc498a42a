-- One row per SKU × day × file version that was sold under a promotion known when the file arrived.
with transactions as (

    select * from {{ ref('stg_transactions') }}

),

promotions as (

    select * from {{ ref('stg_promotions') }}

),

spans as (

    select * from {{ ref('stg_version_spans') }}

),

sales as (

    select distinct
        transactions.sku,
        transactions.sold_on,
        transactions.bucket_start,
        transactions.file_version_id,
        spans.known_from as arrived_at
    from transactions
    inner join spans on transactions.file_version_id = spans.file_version_id
    where {{ in_window('transactions.bucket_start') }}

),

-- One row per bucket that a plan reaches into: a join on equal SKU and bucket, where dates alone would compare each sale
-- with every plan of its SKU.
plans as (

    select distinct
        promotions.sku,
        promotions.starts_on,
        promotions.ends_on,
        {{ each_bucket('promotions.starts_on', 'promotions.ends_on') }} as bucket_start,
        spans.known_from,
        spans.superseded_from
    from promotions
    inner join spans on promotions.file_version_id = spans.file_version_id

),

promoted as (

    select distinct
        sales.sku,
        sales.sold_on,
        sales.file_version_id
    from sales
    inner join plans
        on sales.sku = plans.sku
        and sales.bucket_start = plans.bucket_start
        and sales.sold_on between plans.starts_on and plans.ends_on
        and plans.known_from <= sales.arrived_at
        and (plans.superseded_from is null or plans.superseded_from > sales.arrived_at)

)

select * from promoted
