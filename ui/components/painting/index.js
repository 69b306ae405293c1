// Draws a picture that is being painted: as it is now, beside what it races with, its loss over time and the parts of it.
export default function ({ parentElement, data, setTriggerValue }) {
  const lab = parentElement.querySelector(".lab");
  const state = (lab.state ??= {});
  const find = (selector) => lab.querySelector(selector);
  const number = (value, digits = 0) => new Intl.NumberFormat(data.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const short = (value) => new Intl.NumberFormat(data.locale, { maximumSignificantDigits: 3 }).format(value);
  const words = data.words, theme = themeOf(lab);

  const paint = (figure, [width, height], begins) => {
    const canvas = figure.querySelector("canvas");
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d"), image = pen.createImageData(width, height);
    for (let at = 0; at < width * height; at++) image.data.set([state.bytes[begins + 3 * at], state.bytes[begins + 3 * at + 1], state.bytes[begins + 3 * at + 2], 255], 4 * at);
    pen.putImageData(image, 0, 0);
  };
  const drawParts = (parts) => {
    const rows = Object.entries(parts), most = Math.max(1e-9, ...rows.map(([, value]) => value));
    const total = Math.max(1e-9, rows.reduce((sum, [, value]) => sum + value, 0));
    find(".parts").hidden = !rows.length;
    key(find(".parts figcaption"), words.parts, []);
    find(".parts > div").replaceChildren(
      ...rows.map(([name, value]) => {
        const row = Object.assign(document.createElement("div"), { className: "part", role: "listitem" });
        const bar = document.createElement("i"), box = document.createElement("span");
        bar.style.setProperty("--share", value / most);
        box.append(bar);
        const texts = [words[name] ?? name, `${short(value)} · ${number((100 * value) / total)} %`].map((textContent) => Object.assign(document.createElement("span"), { textContent }));
        row.append(texts[0], box, texts[1]);
        return row;
      }),
    );
  };
  const draw = () => {
    const header = state.header ?? { line: [], pictures: [], left_s: 0, share: 0, step: 0 };
    const [seconds, loss] = header.line.at(-1) ?? [0, null];
    const total = Math.max(1, (header.seconds ?? seconds) + header.left_s), fast = header.fast;
    const values = header.line.map(([, value]) => value).concat(fast ? [fast.loss] : []);
    const ends = Math.max(values[0] ?? 0, fast?.loss ?? 0, loss ?? 0); // a leap of L-BFGS may be far above
    const most = Math.min(Math.max(0, ...values), 2 * ends) * 1.05 || 1;
    const lines = [{ points: header.line, colour: theme.accent }];
    if (fast) lines.push({ points: [[0, fast.loss], [total, fast.loss]], colour: theme.plus });
    plot(find(".loss canvas"), theme, number, { epochs: total, most, say: short, below: words.seconds }, lines);
    const entries = [[words.now.replace("{loss}", loss === null ? "–" : short(loss)), theme.accent]];
    if (fast) entries.push([words.network, theme.plus]);
    key(find(".loss figcaption"), words.loss, entries);
    key(find(".made figcaption"), say(words.made, { seconds: number(seconds, 1), loss: loss === null ? "–" : short(loss) }), []);
    find(".made canvas").setAttribute("aria-label", words.madeAlt);
    find(".loss canvas").setAttribute("aria-label", say(words.lossAlt, { loss: loss === null ? "–" : short(loss), seconds: number(seconds) }));
    find(".fast").hidden = !fast;
    if (fast) {
      key(find(".fast figcaption"), say(words.fast, { seconds: number(fast.seconds, 1), loss: short(fast.loss) }), []);
      find(".fast canvas").setAttribute("aria-label", words.fastAlt);
    }
    let begins = state.begins;
    for (const [at, size] of header.pictures.entries()) {
      paint(find([".made", ".fast"][at]), size, begins);
      begins += 3 * size[0] * size[1];
    }
    drawParts(header.parts ?? {});
    find("progress").value = header.share;
    find(".count").textContent = header.step ? say(words.count, { step: number(header.step), left: number(Math.ceil(header.left_s)) }) : "";
  };
  const take = (buffer) => {
    const [header, begins] = opened(buffer);
    Object.assign(state, { header, begins, bytes: new Uint8Array(buffer) });
    draw();
    counted(lab, state);
  };
  const show = () => {
    showBar(lab, state, words, state.header?.step);
    tellTheEnd(state, data.token, setTriggerValue, ["finished", "done", "cancelled"]);
    draw();
  };

  wireBar(lab, state, words);
  return watched(lab, state, data.token, { show, take }, draw);
}
