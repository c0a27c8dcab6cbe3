/** Valkey's glob: `*` any run, `?` one character, `[abc]` one of a set, `\` takes the next character as it is. */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern.charAt(i);
    if (character === '*') source += '[^]*';
    else if (character === '?') source += '[^]';
    else if (character === '[') {
      const end = pattern.indexOf(']', i + 1);
      if (end === -1) return /(?!)/;
      source += `[${pattern.slice(i + 1, end).replaceAll('\\', '\\\\')}]`;
      i = end;
    } else {
      if (character === '\\') i += 1;
      source += pattern.charAt(i).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}$`, 'u');
}
