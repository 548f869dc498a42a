-- A version that was replaced adds up to nothing, in every measure.
select series_id, bucket_start, file_version_id
from {{ ref('weekly_buckets') }}
where file_version_id in (select file_version_id from {{ ref('weekly_buckets') }} where event = 'superseded')
group by series_id, bucket_start, file_version_id
having count(*) = 2 and (
    sum(quantity) <> 0 or sum(revenue) <> 0 or sum(transactions) <> 0 or sum(promoted_quantity) <> 0
)
