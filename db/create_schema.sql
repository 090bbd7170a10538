-- The tables of Proofsheet for MySQL 8 or MariaDB 10.6 and later. May be run again at any time:
--     mysql -u root < db/create_schema.sql
-- Written by `python -m db.schema` from db/models.py and db/review_models.py; change it there.
--
-- The application needs a user of its own, with a password that only you know:
--     CREATE USER 'proofsheet'@'localhost' IDENTIFIED BY '...';
--     GRANT ALL ON image_labels.* TO 'proofsheet'@'localhost';
-- and then finds the database by its address:
--     export DATABASE_URL='mysql+pymysql://proofsheet:...@localhost/image_labels'

CREATE DATABASE IF NOT EXISTS image_labels DEFAULT CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;
USE image_labels;

CREATE TABLE IF NOT EXISTS image (
	id BIGINT NOT NULL AUTO_INCREMENT,
	`key` VARCHAR(512) NOT NULL,
	tweet_id VARCHAR(255),
	link MEDIUMTEXT NOT NULL,
	content_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
	dhash BIGINT,
	width INTEGER,
	height INTEGER,
	author VARCHAR(255),
	text MEDIUMTEXT,
	posted_at DATETIME(6),
	CONSTRAINT pk_image PRIMARY KEY (id),
	CONSTRAINT uq_image_key UNIQUE (`key`),
	KEY ix_image_content_sha256 (content_sha256),
	KEY ix_image_tweet_id (tweet_id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS reviewer (
	id BIGINT NOT NULL AUTO_INCREMENT,
	name VARCHAR(255) NOT NULL,
	password_hash VARCHAR(255),
	`role` VARCHAR(16) NOT NULL,
	`keys` JSON,
	created_at DATETIME(6) NOT NULL,
	CONSTRAINT pk_reviewer PRIMARY KEY (id),
	CONSTRAINT uq_reviewer_name UNIQUE (name),
	CONSTRAINT ck_reviewer_role CHECK (role IN ('reviewer', 'admin'))
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS run (
	id BIGINT NOT NULL AUTO_INCREMENT,
	model VARCHAR(1024) NOT NULL,
	weights_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
	runtime VARCHAR(32),
	`precision` VARCHAR(32),
	preprocessing VARCHAR(1024),
	k INTEGER NOT NULL,
	arguments JSON NOT NULL,
	started_at DATETIME(6) NOT NULL,
	finished_at DATETIME(6),
	images_seen BIGINT NOT NULL,
	images_labeled BIGINT NOT NULL,
	images_failed BIGINT NOT NULL,
	last_key VARCHAR(512),
	CONSTRAINT pk_run PRIMARY KEY (id),
	CONSTRAINT ck_run_k CHECK (k >= 1)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS failure (
	id BIGINT NOT NULL AUTO_INCREMENT,
	run_id BIGINT NOT NULL,
	position BIGINT NOT NULL,
	`key` VARCHAR(512) NOT NULL,
	link MEDIUMTEXT NOT NULL,
	stage VARCHAR(16) NOT NULL,
	reason VARCHAR(255) NOT NULL,
	detail MEDIUMTEXT NOT NULL,
	at DATETIME(6) NOT NULL,
	CONSTRAINT pk_failure PRIMARY KEY (id),
	CONSTRAINT uq_failure_run_id_position UNIQUE (run_id, position),
	CONSTRAINT ck_failure_stage CHECK (stage IN ('read', 'fetch', 'decode', 'classify', 'write')),
	CONSTRAINT fk_failure_run_id FOREIGN KEY(run_id) REFERENCES run (id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS prediction (
	run_id BIGINT NOT NULL,
	image_id BIGINT NOT NULL,
	`rank` INTEGER NOT NULL,
	class_id INTEGER,
	label VARCHAR(255) NOT NULL,
	score DOUBLE NOT NULL,
	CONSTRAINT pk_prediction PRIMARY KEY (run_id, image_id, `rank`),
	CONSTRAINT ck_prediction_rank CHECK (`rank` >= 1),
	CONSTRAINT ck_prediction_score CHECK (score >= 0 AND score <= 1),
	CONSTRAINT fk_prediction_run_id FOREIGN KEY(run_id) REFERENCES run (id),
	CONSTRAINT fk_prediction_image_id FOREIGN KEY(image_id) REFERENCES image (id),
	KEY ix_prediction_image_id (image_id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS round (
	id BIGINT NOT NULL AUTO_INCREMENT,
	uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	run_id BIGINT NOT NULL,
	implicit_run_id BIGINT,
	follows_id BIGINT,
	name VARCHAR(255) NOT NULL,
	design VARCHAR(64) NOT NULL,
	strata JSON,
	seed BIGINT NOT NULL,
	size INTEGER NOT NULL,
	overlap INTEGER NOT NULL,
	reviewed_twice DOUBLE NOT NULL,
	reviews BIGINT NOT NULL,
	created_at DATETIME(6) NOT NULL,
	closed_at DATETIME(6),
	CONSTRAINT pk_round PRIMARY KEY (id),
	CONSTRAINT uq_round_uuid UNIQUE (uuid),
	CONSTRAINT uq_round_implicit_run_id UNIQUE (implicit_run_id),
	CONSTRAINT ck_round_overlap CHECK (overlap >= 1),
	CONSTRAINT ck_round_reviewed_twice CHECK (reviewed_twice >= 0 AND reviewed_twice <= 1),
	CONSTRAINT fk_round_run_id FOREIGN KEY(run_id) REFERENCES run (id),
	CONSTRAINT fk_round_implicit_run_id FOREIGN KEY(implicit_run_id) REFERENCES run (id),
	CONSTRAINT fk_round_follows_id FOREIGN KEY(follows_id) REFERENCES round (id),
	KEY ix_round_run_id (run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS threshold (
	id BIGINT NOT NULL AUTO_INCREMENT,
	run_id BIGINT NOT NULL,
	criterion VARCHAR(32) NOT NULL,
	target DOUBLE,
	confidence DOUBLE,
	threshold DOUBLE NOT NULL,
	coverage DOUBLE NOT NULL,
	precision_estimate DOUBLE,
	precision_low DOUBLE,
	precision_high DOUBLE,
	judged INTEGER NOT NULL,
	`right` DOUBLE,
	basis JSON NOT NULL,
	created_at DATETIME(6) NOT NULL,
	CONSTRAINT pk_threshold PRIMARY KEY (id),
	CONSTRAINT ck_threshold_target CHECK (target >= 0 AND target <= 1),
	CONSTRAINT ck_threshold_confidence CHECK (confidence >= 0 AND confidence <= 1),
	CONSTRAINT ck_threshold_threshold CHECK (threshold >= 0 AND threshold <= 1),
	CONSTRAINT ck_threshold_coverage CHECK (coverage >= 0 AND coverage <= 1),
	CONSTRAINT ck_threshold_precision_estimate CHECK (precision_estimate >= 0 AND precision_estimate <= 1),
	CONSTRAINT ck_threshold_precision_low CHECK (precision_low >= 0 AND precision_low <= 1),
	CONSTRAINT ck_threshold_precision_high CHECK (precision_high >= 0 AND precision_high <= 1),
	CONSTRAINT ck_threshold_judged CHECK (judged >= 0 AND `right` >= 0 AND `right` <= judged),
	CONSTRAINT fk_threshold_run_id FOREIGN KEY(run_id) REFERENCES run (id),
	KEY ix_threshold_run_id (run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS round_item (
	round_id BIGINT NOT NULL,
	position INTEGER NOT NULL,
	image_id BIGINT NOT NULL,
	stratum INTEGER,
	inclusion_probability DOUBLE,
	cluster_size INTEGER NOT NULL,
	reviews INTEGER NOT NULL,
	places VARCHAR(8) NOT NULL,
	CONSTRAINT pk_round_item PRIMARY KEY (round_id, position),
	CONSTRAINT uq_round_item_image_id_round_id UNIQUE (image_id, round_id),
	CONSTRAINT ck_round_item_inclusion_probability CHECK (inclusion_probability > 0 AND inclusion_probability <= 1),
	CONSTRAINT ck_round_item_places CHECK (places IN ('free', 'partly', 'full')),
	CONSTRAINT fk_round_item_round_id FOREIGN KEY(round_id) REFERENCES round (id),
	CONSTRAINT fk_round_item_image_id FOREIGN KEY(image_id) REFERENCES image (id),
	KEY ix_round_item_round_id_places_position (round_id, places, position)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS judgment (
	id BIGINT NOT NULL AUTO_INCREMENT,
	uuid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	round_id BIGINT NOT NULL,
	position INTEGER NOT NULL,
	reviewer_id BIGINT NOT NULL,
	verdict VARCHAR(16) NOT NULL,
	correct_rank INTEGER,
	note MEDIUMTEXT,
	seconds DOUBLE,
	blind VARCHAR(16) NOT NULL,
	browsed BOOL NOT NULL,
	settles BOOL NOT NULL DEFAULT false,
	created_at DATETIME(6) NOT NULL,
	retracted_at DATETIME(6),
	retracted_by BIGINT,
	CONSTRAINT pk_judgment PRIMARY KEY (id),
	CONSTRAINT fk_judgment_round_id_position FOREIGN KEY(round_id, position) REFERENCES round_item (round_id, position),
	CONSTRAINT uq_judgment_uuid UNIQUE (uuid),
	CONSTRAINT ck_judgment_verdict CHECK (verdict IN ('top1', 'topk', 'none', 'novocab', 'keep', 'reject', 'unsure', 'skip')),
	CONSTRAINT ck_judgment_blind CHECK (blind IN ('none', 'scores', 'labels')),
	CONSTRAINT ck_judgment_correct_rank CHECK (correct_rank IS NULL OR (verdict = 'topk' AND correct_rank >= 2)),
	CONSTRAINT fk_judgment_reviewer_id FOREIGN KEY(reviewer_id) REFERENCES reviewer (id),
	CONSTRAINT fk_judgment_retracted_by FOREIGN KEY(retracted_by) REFERENCES reviewer (id),
	KEY ix_judgment_reviewer_id_round_id_created_at (reviewer_id, round_id, created_at),
	KEY ix_judgment_round_id_created_at (round_id, created_at),
	KEY ix_judgment_round_id_position (round_id, position)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE TABLE IF NOT EXISTS lease (
	round_id BIGINT NOT NULL,
	position INTEGER NOT NULL,
	slot INTEGER NOT NULL,
	reviewer_id BIGINT NOT NULL,
	expires_at DATETIME(6),
	shown BOOL NOT NULL,
	CONSTRAINT pk_lease PRIMARY KEY (round_id, position, slot),
	CONSTRAINT fk_lease_round_id_position FOREIGN KEY(round_id, position) REFERENCES round_item (round_id, position),
	CONSTRAINT uq_lease_round_id_position_reviewer_id UNIQUE (round_id, position, reviewer_id),
	CONSTRAINT fk_lease_reviewer_id FOREIGN KEY(reviewer_id) REFERENCES reviewer (id),
	KEY ix_lease_reviewer_id_round_id_expires_at (reviewer_id, round_id, expires_at),
	KEY ix_lease_round_id_expires_at_reviewer_id (round_id, expires_at, reviewer_id)
)ENGINE=InnoDB CHARSET=utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin *//*M!100200 COLLATE utf8mb4_nopad_bin */;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW classifications AS
SELECT
    (p1.run_id - 1) * 1000000000 + image.id AS id,
    COALESCE(image.tweet_id, image.`key`) AS tweet_id,
    image.link AS link,
    p1.label AS keyword1, p1.score AS score1,
    p2.label AS keyword2, p2.score AS score2,
    p3.label AS keyword3, p3.score AS score3,
    p4.label AS keyword4, p4.score AS score4,
    p5.label AS keyword5, p5.score AS score5,
    CASE verdicts.verdict WHEN 'top1' THEN 0 WHEN 'topk' THEN 1 WHEN 'none' THEN 2 WHEN 'novocab' THEN 2 END AS label_id
FROM prediction p1
JOIN image ON image.id = p1.image_id
LEFT JOIN prediction p2 ON p2.run_id = p1.run_id AND p2.image_id = p1.image_id AND p2.`rank` = 2
LEFT JOIN prediction p3 ON p3.run_id = p1.run_id AND p3.image_id = p1.image_id AND p3.`rank` = 3
LEFT JOIN prediction p4 ON p4.run_id = p1.run_id AND p4.image_id = p1.image_id AND p4.`rank` = 4
LEFT JOIN prediction p5 ON p5.run_id = p1.run_id AND p5.image_id = p1.image_id AND p5.`rank` = 5
LEFT JOIN (
    SELECT round.run_id, round_item.image_id,
        COALESCE(MAX(CASE WHEN judgment.settles THEN judgment.id END), MAX(judgment.id))
            AS judgment_id
    FROM judgment
    JOIN round_item ON round_item.round_id = judgment.round_id
        AND round_item.position = judgment.position
    JOIN round ON round.id = judgment.round_id
    WHERE judgment.retracted_at IS NULL AND judgment.verdict IN ('top1', 'topk', 'none', 'novocab')
    GROUP BY round.run_id, round_item.image_id
) latest ON latest.run_id = p1.run_id AND latest.image_id = p1.image_id
LEFT JOIN judgment verdicts ON verdicts.id = latest.judgment_id
WHERE p1.`rank` = 1;

CREATE TABLE IF NOT EXISTS alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO alembic_version
SELECT '0003' FROM DUAL WHERE NOT EXISTS (SELECT version_num FROM alembic_version);
