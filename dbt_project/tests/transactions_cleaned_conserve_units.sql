-- Reported = accepted: per bucket, the rows and units of the current versions less what other files have taken back of
-- them, to a millionth of a unit.
{{ config(meta={'dagster': {'ref': {'name': 'transactions_cleaned'}}}) }}

with lines as (

    select transactions.*, {{ exact('transactions.quantity') }} as units
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('stg_version_spans') }} as spans on transactions.file_version_id = spans.file_version_id
    where spans.superseded_from is null and {{ in_window('transactions.bucket_start') }}

),

restatements as (

    select * from {{ ref('stg_restatements') }}

),

moves as (

    select bucket_start, 1 as sign, units from lines
    union all
    select lines.bucket_start, restatements.sign, lines.units
    from lines
    inner join restatements
        on lines.file_version_id = restatements.file_version_id and lines.row_number = restatements.row_number
    union all
    select lines.bucket_start, restatements.sign, lines.units
    from lines
    inner join restatements
        on lines.file_version_id = restatements.file_version_id and lines.sold_on = restatements.sold_on
    where restatements.row_number is null

),

accepted as (

    select
        bucket_start,
        sum(sign) as transactions,
        sum(case when sign > 0 then units else -units end) as quantity
    from moves
    group by bucket_start
    having sum(sign) <> 0

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
