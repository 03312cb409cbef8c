export async function load(get: () => Promise<number>): Promise<number> {
  return (await get()) + 1;
}
