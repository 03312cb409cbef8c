export function sum(...n: number[]): number {
  return n.reduce((a, b) => a + b, 0);
}
