// Paints the nodes of a deployment as cells, group by group, from the frames of a socket: see CellBoard.
const names = ['waiting', 'starting', 'running', 'changed', 'unchanged', 'failed', 'unreachable', 'refused', 'skipped'];
const tallest = 420;

export function open(section, path, page) {
  let marks = new Uint8Array(0), socket, closed = false, planned = false, cursor = -1, pointed = -1;
  const canvases = [...section.querySelectorAll('canvas')];
  const dirty = new Set(canvases);
  const layout = canvas => {
    const count = +canvas.dataset.count, width = canvas.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingLeft);
    // As large as fits, so that a group can be taken in at a glance; what does not fit at the smallest size is a bar.
    const size = [12, 10, 8, 6, 5, 4, 3].find(s => Math.ceil(count / Math.floor(width / s)) * s <= tallest) ?? 0;
    const columns = size ? Math.floor(width / size) : width;
    return { count, first: +canvas.dataset.first, width, size, columns, height: size ? Math.ceil(count / columns) * size : 24 };
  };
  const paint = () => {
    planned = false;
    const style = getComputedStyle(section), colors = names.map(n => style.getPropertyValue(`--cell-${n}`)), ratio = devicePixelRatio || 1;
    for (const canvas of dirty) {
      const at = layout(canvas), c = canvas.getContext('2d');
      if (canvas.width !== at.width * ratio || canvas.height !== at.height * ratio) {
        [canvas.width, canvas.height] = [at.width * ratio, at.height * ratio];
        [canvas.style.width, canvas.style.height] = [`${at.width}px`, `${at.height}px`];
      }
      c.setTransform(ratio, 0, 0, ratio, 0, 0);
      c.clearRect(0, 0, at.width, at.height);
      at.size ? cells(c, at, colors, style) : bar(c, at, colors);
    }
    dirty.clear();
    section.dataset.painted = marks.length;
  };
  const placeOf = (i, at) => [i % at.columns * at.size, Math.floor(i / at.columns) * at.size];
  const isIn = (index, at) => index >= at.first && index < at.first + at.count;
  const cells = (c, at, colors, style) => {
    const gap = at.size > 4 ? 2 : 1, side = at.size - gap, paper = style.getPropertyValue('--paper');
    for (let i = 0; i < at.count; i++) {
      const mark = marks[at.first + i] ?? 0, [x, y] = placeOf(i, at);
      c.fillStyle = colors[mark];
      c.fillRect(x, y, side, side);
      // A sign beside the color: a hole for what failed, a bar for what was passed over, a frame for what runs.
      c.fillStyle = paper;
      if (side >= 4 && mark >= 5 && mark <= 7) c.fillRect(x + side / 2 - 1, y + side / 2 - 1, 2, 2);
      else if (side >= 4 && mark === 8) c.fillRect(x, y + side / 2 - .5, side, 1);
      else if (side >= 6 && (mark === 1 || mark === 2)) c.fillRect(x + 2, y + 2, side - 4, mark === 1 ? side - 4 : (side - 4) / 2);
    }
    if (isIn(cursor, at)) {
      [c.strokeStyle, c.lineWidth] = [style.getPropertyValue('--ink'), 2];
      c.strokeRect(...placeOf(cursor - at.first, at), side, side);
    }
  };
  const bar = (c, at, colors) => {
    const counts = new Array(names.length).fill(0);
    for (let i = 0; i < at.count; i++) counts[marks[at.first + i] ?? 0]++;
    [5, 6, 7, 8, 3, 4, 2, 1, 0].reduce((x, mark) => {
      const wide = counts[mark] && Math.max(2, at.width * counts[mark] / at.count);
      c.fillStyle = colors[mark];
      c.fillRect(x, 0, wide, at.height);
      return x + wide;
    }, 0);
  };
  const plan = all => {
    if (all) canvases.forEach(c => dirty.add(c));
    if (!planned) planned = requestAnimationFrame(paint);
  };
  const connect = () => {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      const frame = new DataView(data);
      if (frame.getUint8(0) === 0) marks = new Uint8Array(data, 1).slice();
      if (frame.getUint8(0) === 0) return plan(true);
      for (let i = 1; i < data.byteLength; i += 5) {
        const index = frame.getUint32(i, true);
        marks[index] = frame.getUint8(i + 4);
        dirty.add(canvases.find(c => index >= +c.dataset.first && index < +c.dataset.first + +c.dataset.count));
      }
      plan();
    };
    socket.onclose = () => closed || setTimeout(() => closed || connect(), 2000);
  };
  const cellAt = event => {
    const at = layout(event.currentTarget), index = Math.floor(event.offsetY / at.size) * at.columns + Math.floor(event.offsetX / at.size);
    return at.size && event.offsetX < at.columns * at.size && index < at.count ? at.first + index : -1;
  };
  const step = event => {
    const at = layout(event.currentTarget), by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -at.columns, ArrowDown: at.columns }[event.key];
    if (event.key === 'Enter' && isIn(cursor, at)) page.invokeMethodAsync('ChooseCell', cursor);
    if (!by || !at.size) return;
    event.preventDefault();
    cursor = isIn(cursor, at) ? Math.min(at.first + at.count - 1, Math.max(at.first, cursor + by)) : at.first;
    name(event.currentTarget, cursor);
    plan(true);
  };
  const name = (canvas, index) => index !== pointed && page.invokeMethodAsync('NameCell', pointed = index).then(text => canvas.title = text);
  for (const canvas of canvases) {
    canvas.onclick = event => cellAt(event) >= 0 && page.invokeMethodAsync('ChooseCell', cellAt(event));
    canvas.onmousemove = event => name(canvas, cellAt(event));
    canvas.onkeydown = step;
  }
  const resized = new ResizeObserver(() => plan(true));
  resized.observe(section);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.onchange = () => plan(true);
  connect();
  return { close() { closed = true; resized.disconnect(); scheme.onchange = null; socket.close(); } };
}
