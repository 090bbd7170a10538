"""One run of img2dataset over a list of links, for a Python that has it.

    python bench/pipelines/img2dataset_run.py LINKS FOLDER COUNT

As its README says for many cores: a process a core, many threads each. The short side becomes 256
pixels; nothing is written but what it counts.
"""

import os
import sys

SHARDS_PER_CORE = 4

if __name__ == "__main__":
    from img2dataset import download

    links, folder, count = sys.argv[1:]
    cores = os.cpu_count() or 1
    download(
        url_list=links,
        output_folder=folder,
        output_format="dummy",
        image_size=256,
        resize_mode="keep_ratio",
        processes_count=cores,
        thread_count=128,
        number_sample_per_shard=max(int(count) // (SHARDS_PER_CORE * cores), 1),
        retries=0,
    )
