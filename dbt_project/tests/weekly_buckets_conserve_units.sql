-- Sold = added: what each version adds to the window is what its accepted rows sum to, to a millionth of a unit.
{{ config(meta={'dagster': {'ref': {'name': 'weekly_buckets'}}}) }}

with accepted as (

    select file_version_id, bucket_start, sum({{ exact('quantity') }}) as quantity, count(*) as transactions
    from {{ ref('stg_transactions') }}
    where {{ in_window('bucket_start') }}
        and file_version_id in (select file_version_id from {{ ref('stg_version_spans') }})
    group by file_version_id, bucket_start

),

added as (

    select file_version_id, bucket_start, sum({{ exact('quantity') }}) as quantity, sum(transactions) as transactions
    from {{ ref('weekly_buckets') }}
    where event = 'landed'
    group by file_version_id, bucket_start

)

select coalesce(accepted.file_version_id, added.file_version_id) as file_version_id
from accepted
full outer join added
    on accepted.file_version_id = added.file_version_id and accepted.bucket_start = added.bucket_start
where accepted.quantity is distinct from added.quantity or accepted.transactions is distinct from added.transactions
