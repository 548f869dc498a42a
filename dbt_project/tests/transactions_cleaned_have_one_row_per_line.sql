-- The grain: one row of one file version. A run leaves this to the contract, which judges each partition
-- before it is promoted and once more in the lake: grouping all rows by texts would cost as much as the model.
{{ config(tags=['contract']) }}

select file_version_id, row_number
from {{ ref('transactions_cleaned') }}
group by file_version_id, row_number
having count(*) > 1
