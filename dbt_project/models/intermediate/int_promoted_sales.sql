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
        transactions.sku,
        transactions.sold_on,
        transactions.file_version_id
    from transactions
    inner join plans
        on transactions.sku = plans.sku
        and transactions.bucket_start = plans.bucket_start
        and transactions.sold_on between plans.starts_on and plans.ends_on
    inner join spans
        on transactions.file_version_id = spans.file_version_id
        and plans.known_from <= spans.known_from
        and (plans.superseded_from is null or plans.superseded_from > spans.known_from)
    where {{ in_window('transactions.bucket_start') }}

)

select * from promoted
