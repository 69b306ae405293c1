// Writes parameters into the address. Streamlit's own st.query_params would send the whole query as the server knew it
// when the run began, and take back what a control has put there since.
export default function ({ data }) {
  const url = new URL(location.href), query = url.searchParams;
  for (const name of data.defaults) query.delete(name);
  for (const name of [...query.keys()]) if (name.endsWith("_run") && !(name in data.values)) query.delete(name);
  for (const [name, values] of Object.entries(data.values)) {
    if (query.getAll(name).join("\n") === values.join("\n")) continue;
    query.delete(name);
    for (const value of values) query.append(name, value);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
