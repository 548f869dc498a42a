-- A version that was replaced adds up to nothing, in every measure.
select series_id, bucket_start, file_version_id
from {{ ref('weekly_buckets') }}
group by series_id, bucket_start, file_version_id
having count(*) = 2 and (
    sum(quantity) <> 0 or sum(revenue) <> 0 or sum(transactions) <> 0 or sum(promoted_quantity) <> 0
)
