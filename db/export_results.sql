-- The judged pictures as a table with a header:
--     mysql -u root image_labels < db/export_results.sql > rdata/db-results-export.tsv
-- label_id: 0 the first prediction is right, 1 another of the top five is, 2 none is.
-- On any other database: bin/export_results.py
SELECT id, tweet_id, link, keyword1, score1, keyword2, score2, keyword3, score3, keyword4, score4, keyword5, score5, label_id
FROM classifications
WHERE label_id IN (0, 1, 2)
ORDER BY id;
