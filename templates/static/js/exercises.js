/* Exercises: an answer given is judged, the explanation opened, the score kept in the page. */
(() => {
"use strict";
const { $, $$, on } = layerlight;
const questions = $$(".question"), score = $("[data-score]");
let right = 0, given = 0;

questions.forEach(question => {
  const answers = $$("input", question), answer = Number(question.dataset.answer);
  answers.forEach((input, i) => on(input, "change", () => {
    /* the first answer counts; then all stay as they are, to be read */
    given += 1;
    right += i === answer;
    question.classList.add(i === answer ? "right" : "wrong");
    answers.forEach((other, j) => {
      other.disabled = true;
      other.parentNode.classList.toggle("correct", j === answer);
      other.parentNode.classList.toggle("chosen", j === i);
    });
    const word = layerlight.make("b", i === answer ? "Right: " : "No: ");
    $("details", question).open = true;
    $("details p", question).prepend(word);
    score.textContent = `${right} right of ${given} answered.`;
  }));
});
})();
