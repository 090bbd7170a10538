// What the page asks of the server: JSON, or a page to take parts out of.

async function ask(url, query, accept, well = [200]) {
  const response = await fetch(`${url}?${query}`, { headers: { Accept: accept } });
  if (!well.includes(response.status)) throw new Error(`${url}: ${response.status}`);
  return response;
}

export const json = async (url, query) => (await ask(url, query, "application/json")).json();

/** A page; one that says what is wrong with what was asked, too. */
export async function page(url, query) {
  const text = await (await ask(url, query, "text/html", [200, 400])).text();
  return new DOMParser().parseFromString(text, "text/html");
}
