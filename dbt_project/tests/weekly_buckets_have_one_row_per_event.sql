-- The grain: series × bucket × file version × event × moment. A run leaves this to the contract, which judges each
-- partition before it is promoted and once more in the lake: grouping all rows by texts would cost as much as the model.
{{ config(tags=['contract']) }}

select series_id, bucket_start, file_version_id, event, known_from
from {{ ref('weekly_buckets') }}
group by series_id, bucket_start, file_version_id, event, known_from
having count(*) > 1
