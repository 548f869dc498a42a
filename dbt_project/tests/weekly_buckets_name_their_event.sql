-- An event is one of those there are.
select series_id, bucket_start, file_version_id, event
from {{ ref('weekly_buckets') }}
where event not in ('landed', 'corrected', 'replaced', 'restored', 'superseded')
