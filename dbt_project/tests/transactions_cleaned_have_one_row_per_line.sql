-- The grain: one row of one file version.
select file_version_id, row_number
from {{ ref('transactions_cleaned') }}
group by file_version_id, row_number
having count(*) > 1
