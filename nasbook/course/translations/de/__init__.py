"""Deutsch: what buttons, notes and outcomes say in every lesson."""

NAME = "Deutsch"

SENTENCES = [
    (r"^Lock my answer$", "Antwort festlegen"),
    (
        r"After this the answer cannot be changed\. Guessing wrong is how this works\.",
        "Danach lässt sich die Antwort nicht mehr ändern. Sich zu irren gehört dazu.",
    ),
    (r"Choose one of the answers first\.", "Wähle zuerst eine der Antworten."),
    (r"Locked: <b>(.*?)</b>\. Now run the next cell\.", r"Festgelegt: <b>\1</b>. Führe nun die nächste Zelle aus."),
    (r"Locked: \{0\}\. Read on to see what came out\.", "Festgelegt: {0}. Lies weiter, um zu sehen, was herauskam."),
    (r"Locked: <b>(.*?)</b>\.", r"Festgelegt: <b>\1</b>."),
    (r"Choose before you read on\.", "Wähle, bevor du weiterliest."),
    (r"Predict\.", "Vorhersage."),
    (r"You said: nothing\.", "Du hast gesagt: nichts."),
    (r"You said", "Du hast gesagt"),
    (r"It was", "Es war"),
    (r"You were right\.", "Du hattest recht."),
    (r"You locked no answer this time\.", "Du hast diesmal keine Antwort festgelegt."),
    (r"A surprise is worth more than a lucky guess\.", "Eine Überraschung ist mehr wert als ein Glückstreffer."),
    (r"✓ Right\.", "✓ Richtig."),
    (r"✗ Not yet\.", "✗ Noch nicht."),
    (r"\bExercise (\d\d\.\w+)", r"Aufgabe \1"),
    (r"^Hint$", "Hinweis"),
    (r"Hint (\d)\.", r"Hinweis \1."),
    (r"Hint (\d)</summary>", r"Hinweis \1</summary>"),
    (r"^Solution$", "Lösung"),
    (r"<summary>Solution</summary>", "<summary>Lösung</summary>"),
    (r"A first nudge; press again for the second hint", "Ein erster Anstoß; noch einmal gedrückt: der zweite"),
    (r"One answer that passes the check\. Try first\.", "Eine Antwort, die besteht. Versuche es zuerst selbst."),
    (
        r"there is no (\w+) yet: run the cell above, then check again",
        r"es gibt noch kein \1: führe die Zelle darüber aus, dann prüfe noch einmal",
    ),
    (
        r"(\w+) is still (?:as it was|empty|\.\.\.): write your answer into the cell above, run it, then check again",
        r"\1 ist noch unverändert: schreibe deine Antwort in die Zelle darüber, führe sie aus, dann prüfe noch einmal",
    ),
    (r"your answer raised (\w+)", r"deine Antwort hat \1 ausgelöst"),
    (r"\(in (.+?), line (\d+) of your cell\)", r"(in \1, Zeile \2 deiner Zelle)"),
    (r"it has no readable message", "ohne lesbare Meldung"),
    # on the site: what stands above a lesson, and what answers.js and player.js say
    (r"^Open on Binder$", "Auf Binder öffnen"),
    (r"^Download the notebook$", "Notebook herunterladen"),
    (r"^Ask me again$", "Noch einmal fragen"),
    (r"^Show it anyway$", "Trotzdem zeigen"),
    (r"After you have locked it, the answer stays\.", "Ist sie einmal festgelegt, bleibt die Antwort."),
    (
        r"What came out is shown once you have locked your answer above\.",
        "Was herauskam, wird gezeigt, sobald du oben deine Antwort festgelegt hast.",
    ),
    (r"^Lesson$", "Lektion"),
    (r"^Exercises$", "Aufgaben"),
    (r"^Predictions$", "Vorhersagen"),
    (r"^Download my progress$", "Meinen Fortschritt herunterladen"),
    (r"^Restore$", "Wiederherstellen"),
    (r"^Restored \{0\} entries\.$", "{0} Einträge wiederhergestellt."),
    (r"this is no progress file of nasbook\.", "das ist keine Fortschrittsdatei von nasbook."),
    (
        r"Kept in this browser; the file can be taken to a notebook, and back\.",
        "In diesem Browser aufbewahrt; die Datei lässt sich in ein Notebook mitnehmen, und zurück.",
    ),
    (r"Progress is kept in your browser, by a script\.", "Ein Skript bewahrt den Fortschritt in deinem Browser auf."),
    (r"^\{0\} of \{1\}$", "{0} von {1}"),
    (r"^\{0\} locked, \{1\} of \{2\} right$", "{0} festgelegt, {1} von {2} richtig"),
    (r"^Which \{0\} is shown$", "{0} wählen"),
    (r"^\{0\} \{1\} of \{2\}$", "{0} {1} von {2}"),
    (r"^Play$", "Abspielen"),
    (r"^Pause$", "Anhalten"),
    (r"^Step$", "Weiter"),
    (r"^trial$", "Versuch"),
    (r"^round$", "Runde"),
    (r"^pool$", "Topf"),
    (r"^edit$", "Änderung"),
    (r"^point$", "Punkt"),
    (r"^epoch$", "Epoche"),
    (r"^draw$", "Ziehung"),
    (r"^estimator$", "Schätzer"),
    (r"^network$", "Netz"),
    (r"^seed$", "Startwert"),
    (r"^width$", "Breite"),
    (r"^path$", "Pfad"),
    (r"^step$", "Schritt"),
    # in the folder of a class: slides, what is handed in, the table of progress
    (r"^After this lesson$", "Nach dieser Lektion"),
    (r"^(\d+) minutes$", r"\1 Minuten"),
    (r"^Predict$", "Vorhersage"),
    (r"^Exercise$", "Aufgabe"),
    (r"^Before Play$", "Vor dem Spielen"),
    (r"^Notes$", "Notizen"),
    (r"^Back$", "Zurück"),
    (r"^Next$", "Weiter"),
    (r"^Introduction$", "Einleitung"),
    (r"^At home$", "Zu Hause"),
    (r"^After it$", "Danach"),
    (
        r"^\*\*Before you go:\*\* run the next cell .*",
        "**Bevor du gehst:** führe die nächste Zelle aus und drücke *Meinen Fortschritt herunterladen*. Diese Datei gibst "
        "du ab; in ihr steht, was du vorhergesagt und welche Aufgaben du gelöst hast, und nicht dein Name.",
    ),
    (r"^Exercises of your class$", "Aufgaben deiner Klasse"),
    (
        r"^Bring back a progress file that you downloaded before$",
        "Eine Fortschrittsdatei zurückbringen, die du heruntergeladen hattest",
    ),
]

HANDOUT = """# Was du heute brauchst

**Öffne** <{link}>
{place}
und warte: der erste Start kann einige Minuten dauern. Auf deinem Rechner wird nichts installiert. Was zehn Minuten lang
ruht, wird geschlossen, und nichts bleibt dort: lade deinen Fortschritt herunter, bevor du gehst.

## So geht eine Lektion

1. **Vorhersagen.** Wähle eine Antwort und drücke *Antwort festlegen*, bevor du die nächste Zelle ausführst. Sich zu irren
   kostet nichts.
2. **Ausführen,** Zelle für Zelle: Umschalt + Enter.
3. **Erklären:** sag deinem Nachbarn, warum es so kam.
4. **Spielen** mit den Laboren: Abspielen, Anhalten, Weiter, und der Schieber über dem Bild geht zurück.
5. **Aufgaben:** ersetze `...` in der Zelle, führe sie aus, dann die Prüfung darunter. Sie sagt, was nicht stimmt.

## Heute

{today}

## Abgeben

Führe die letzte Zelle jedes Notebooks aus. Drücke in der letzten *Meinen Fortschritt herunterladen*; die Datei
`nasbook_progress.json` enthält alle Lektionen des Tages: was du vorhergesagt und welche Aufgaben du gelöst hast. Dein Name
steht nicht darin. Um an einem anderen Tag weiterzumachen, drücke dort *Wiederherstellen* und wähle die Datei.
"""
PLACE = "(deine Lehrkraft sagt, was anstelle von OWNER/NAME steht)"
