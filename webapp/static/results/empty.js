// A page without results loads anew once something is judged.

import { follow } from "./live.js";

const config = JSON.parse(document.getElementById("results-config").textContent);
const query = () => new URLSearchParams({ run: config.run });
follow(config.urls.state, query, () => config.tag, () => location.reload());
