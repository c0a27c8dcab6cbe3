/**
 * Text by lines, without the newline, a chunk's lines at a time. A line longer than `maxLength` comes cut to
 * `maxLength + 1` characters, so that no input can fill the memory and the reader still sees that it is too long.
 */
export async function* lines(chunks: AsyncIterable<string>, maxLength: number): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = (parts.pop() ?? '').slice(0, maxLength + 1);
    if (parts.length > 0) yield parts.map((line) => clean(line, maxLength));
  }
  if (rest !== '') yield [clean(rest, maxLength)];
}

function clean(line: string, maxLength: number): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.length > maxLength ? text.slice(0, maxLength + 1) : text;
}
