// Ten colours that people with any kind of colour vision can tell apart (after Okabe and Ito 2008, and Tol).

export const PALETTE: readonly (readonly [number, number, number])[] = [[0, 114, 178], [230, 159, 0], [0, 158, 115],
  [204, 121, 167], [86, 180, 233], [213, 94, 0], [240, 228, 66], [136, 34, 85], [153, 153, 51], [150, 150, 160]];

export const cssOf = (k: number): string => `rgb(${PALETTE[k % PALETTE.length]!.join(" ")})`;
