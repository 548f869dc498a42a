-- Every column but the location is filled. One pass over the mart; a run leaves it to the contract, which judges each
-- partition before it is promoted.
{{ config(tags=['contract']) }}

select series_id, bucket_start, file_version_id, event
from {{ ref('weekly_buckets') }}
where series_id is null
    or sku is null
    or bucket_start is null
    or file_version_id is null
    or event is null
    or known_from is null
    or quantity is null
    or revenue is null
    or transactions is null
    or promoted_quantity is null
