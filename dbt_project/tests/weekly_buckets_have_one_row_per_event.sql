-- The grain: series × bucket × file version × event.
select series_id, bucket_start, file_version_id, event
from {{ ref('weekly_buckets') }}
group by series_id, bucket_start, file_version_id, event
having count(*) > 1
