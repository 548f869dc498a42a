-- A version that was replaced adds up to nothing, in every measure, whatever other files had taken back before.
select buckets.series_id, buckets.bucket_start, buckets.file_version_id
from {{ ref('weekly_buckets') }} as buckets
inner join {{ ref('stg_version_spans') }} as spans on buckets.file_version_id = spans.file_version_id
where spans.superseded_from is not null
group by buckets.series_id, buckets.bucket_start, buckets.file_version_id
having sum({{ exact('buckets.quantity') }}) <> 0 or sum({{ exact('buckets.revenue') }}) <> 0
    or sum(buckets.transactions) <> 0 or sum({{ exact('buckets.promoted_quantity') }}) <> 0
