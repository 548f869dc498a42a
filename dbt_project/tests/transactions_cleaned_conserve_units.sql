-- Reported = accepted: per bucket, the rows and units of the current versions, to a millionth of a unit.
{{ config(meta={'dagster': {'ref': {'name': 'transactions_cleaned'}}}) }}

with accepted as (

    select
        transactions.bucket_start,
        count(*) as transactions,
        sum({{ exact('transactions.quantity') }}) as quantity
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('stg_version_spans') }} as spans on transactions.file_version_id = spans.file_version_id
    where spans.superseded_from is null and {{ in_window('transactions.bucket_start') }}
    group by transactions.bucket_start

),

reported as (

    select bucket_start, count(*) as transactions, sum({{ exact('quantity') }}) as quantity
    from {{ ref('transactions_cleaned') }}
    group by bucket_start

)

select coalesce(accepted.bucket_start, reported.bucket_start) as bucket_start
from accepted
full outer join reported on accepted.bucket_start = reported.bucket_start
where accepted.transactions is distinct from reported.transactions
    or accepted.quantity is distinct from reported.quantity
