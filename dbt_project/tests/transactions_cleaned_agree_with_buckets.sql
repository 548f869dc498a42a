-- Current rows = landed minus taken back, per bucket.
with cleaned as (

    select bucket_start, count(*) as transactions, sum({{ exact('quantity') }}) as quantity
    from {{ ref('transactions_cleaned') }}
    group by bucket_start

),

buckets as (

    select bucket_start, sum(transactions) as transactions, sum({{ exact('quantity') }}) as quantity
    from {{ ref('weekly_buckets') }}
    group by bucket_start
    having sum(transactions) <> 0

)

select coalesce(cleaned.bucket_start, buckets.bucket_start) as bucket_start
from cleaned
full outer join buckets on cleaned.bucket_start = buckets.bucket_start
where cleaned.transactions is distinct from buckets.transactions
    or cleaned.quantity is distinct from buckets.quantity
